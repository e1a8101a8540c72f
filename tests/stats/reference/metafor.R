# Makes metafor.csv, the reference values of tests/stats/test_meta.py.
#   Rscript tests/stats/reference/metafor.R > tests/stats/reference/metafor.csv
# Made with R 4.2.2 and metafor 3.8-1 (Debian's r-cran-metafor).
suppressPackageStartupMessages(library(metafor))
options(digits = 17)
cases <- list(
  four = list(y = c(0.1, 0.2, 0.15, 0.4), s = c(0.05, 0.05, 0.06, 0.05)),
  agreeing = list(y = c(0.10, 0.11, 0.09, 0.105, 0.1), s = c(0.05, 0.08, 0.06, 0.07, 0.05)),
  three = list(y = c(0.05, 0.30, 0.12), s = c(0.02, 0.1, 0.04)),
  wide = list(y = c(-0.5, 0.8, 1.9, 0.1, 0.4, 2.6), s = c(0.1, 0.3, 0.2, 0.05, 0.6, 0.4)),
  bcg = with(escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg),
             list(y = as.numeric(yi), s = sqrt(as.numeric(vi))))
)
tight <- list(threshold = 1e-14, maxiter = 10000)
put <- function(case, name, values) cat(case, name, sprintf("%.17g", values), sep = c(",", ",", "\n"))
cat("case,name,value\n")
for (case in names(cases)) {
  y <- cases[[case]]$y; s <- cases[[case]]$s
  fit <- rma(y, sei = s, method = "REML", test = "knha", control = tight)
  ahead <- predict(fit)
  for (value in y) put(case, "effect", value)
  for (value in s) put(case, "error", value)
  found <- list(mean = coef(fit)[[1]], low = fit$ci.lb, high = fit$ci.ub, prediction_low = ahead$pi.lb, prediction_high = ahead$pi.ub,
                p = fit$pval, tau2 = fit$tau2, q = fit$QE, q_p = fit$QEp, i2 = fit$I2 / 100)
  for (name in names(found)) put(case, name, found[[name]])
}
study <- c(1, 1, 2, 2, 2, 3); y <- c(0.1, 0.3, 0.2, 0.25, 0.5, 0.05); s <- c(0.1, 0.2, 0.1, 0.15, 0.3, 0.08)
for (rho in c(0, 0.5, 0.8)) {
  table <- escalc(yi = y, sei = s, data = data.frame(study = study))
  found <- aggregate(table, cluster = study, struct = "CS", rho = rho)
  case <- sprintf("aggregate %g", rho)
  for (value in as.numeric(found$yi)) put(case, "mean", value)
  for (value in as.numeric(found$vi)) put(case, "variance", value)
}
