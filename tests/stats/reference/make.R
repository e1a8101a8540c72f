# Reference values for tests/stats/test_reference.py: Rscript make.R > r.json (base R, no packages).
# The samples are R's own data sets and short written-down vectors, so that nothing here depends on a random generator.
number <- function(x) formatC(x, digits = 17, format = "g")
vector <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
parts <- c()
add <- function(name, x, y, fields) {
  text <- paste0('"', names(fields), '": ', vapply(fields, function(f) if (length(f) == 1) number(f) else vector(f), ""))
  parts <<- c(parts, paste0('{"name": "', name, '", "x": ', vector(x), ', "y": ', vector(y), ", ", paste(text, collapse = ", "), "}"))
}
samples <- list(
  sleep = list(sleep$extra[sleep$group == 1] + 10, sleep$extra[sleep$group == 2] + 10),
  chick = list(chickwts$weight[chickwts$feed == "casein"], chickwts$weight[chickwts$feed == "linseed"]),
  short = list(c(10.1, 10.7, 9.9), c(12.5, 11.1, 13.3, 12.9)),
  two = list(c(1.5, 1.75), c(2.5, 3.25)),
  uneven = list(c(3.1, 3.3, 2.9, 3.05, 3.17, 3.4, 2.8), c(3.5, 4.9, 2.2, 6.1)),
  shift = list(c(1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30), c(0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.061, 3.14, 1.29001)),
  ranked = list(c(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46), c(1.15, 0.88, 0.90, 0.74, 1.21)),
  five = list(c(1.02, 1.19, 1.33, 1.48, 1.61), c(1.71, 1.84, 1.07, 1.95, 2.21))
)
for (name in names(samples)) {
  x <- log(samples[[name]][[1]]); y <- log(samples[[name]][[2]])
  for (level in c(0.95, 0.9, 0.99)) {
    t <- t.test(y, x, conf.level = level)
    add(paste("t.test", name), samples[[name]][[1]], samples[[name]][[2]],
        list(level = level, estimate = unname(t$estimate[1] - t$estimate[2]), low = t$conf.int[1], high = t$conf.int[2], p = t$p.value, df = unname(t$parameter)))
  }
  if (length(x) == length(y)) {
    t <- t.test(y, x, paired = TRUE)
    add(paste("paired", name), samples[[name]][[1]], samples[[name]][[2]],
        list(level = 0.95, estimate = unname(t$estimate), low = t$conf.int[1], high = t$conf.int[2], p = t$p.value, df = unname(t$parameter)))
  }
  if (!anyDuplicated(c(x, y)) && min(length(x), length(y)) >= 5) {
    for (level in c(0.95, 0.9)) {
      w <- wilcox.test(y, x, conf.int = TRUE, conf.level = level, exact = TRUE)
      add(paste("wilcox.test", name), samples[[name]][[1]], samples[[name]][[2]],
          list(level = level, estimate = unname(w$estimate), low = w$conf.int[1], high = w$conf.int[2], p = w$p.value, df = NaN))
    }
  }
}
ps <- c(0.01, 0.04, 0.03, 0.002, 0.6, 0.049, 0.5, 0.051, 1, 0.0001)
add("p.adjust BH", ps, p.adjust(ps, "BH"), list(level = 0.95, estimate = 0, low = 0, high = 0, p = 1, df = 0))
cat("[", paste(parts, collapse = ",\n"), "]\n", sep = "")
