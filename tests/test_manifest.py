"""dataset.toml: what it may say, and one sentence for everything else."""

import pytest

from amxperf.errors import ManifestError
from amxperf.manifest import KEYS, KINDS, NAME, parse

HEAD = 'kind = "recorded"\ntitle = "t"\n'
DIGEST = "sha256:" + "0" * 64


def manifest(tmp_path, text):
    path = tmp_path / NAME
    path.write_text(text)
    return parse(path)


def test_least(tmp_path):
    found = manifest(tmp_path, HEAD)
    assert (found.kind, found.title, found.date, found.licence, found.recorded) == (
        "recorded", "t", "not stated", "not stated", "not stated",
    )  # fmt: skip
    assert (found.warmup, found.location, found.ignore, found.machine, found.boot("vm")) == (0, "median", [], {}, "")
    assert found.rule("vm/a.log").match == "*" and found.launch_factors("whatever") == {}


def test_all_that_it_may_say(tmp_path):
    found = manifest(
        tmp_path,
        HEAD
        + f"""date = 2026-01-02
warmup = 3
location = "mean"
[environments.vm]
boot = 7
[launches]
name = "{{isa}}-{{pages}}-{{run}}"
[[files]]
match = "*/guest.dmesg"
format = "dmesg"
side = "guest"
[[files]]
match = "*.dmesg"
[checksums]
"vm/a.log" = "{DIGEST}"
""",
    )
    assert (found.date, found.warmup, found.location, found.boot("vm"), found.boot("tdx")) == ("2026-01-02", 3, "mean", "7", "")
    assert found.launch_factors("amx-4k-03") == {"isa": "amx", "pages": "4k"}
    assert found.rule("vm/guest.dmesg").options == {"side": "guest"}
    assert found.rule("vm/host.dmesg").format is None
    assert found.checksums == {"vm/a.log": "0" * 64}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('kind = "recorded"\ntitle = t\n', 2, "not valid TOML: Invalid value; mend that line"),
        ('kind = "recorded"\nkind = "recorded"\n', 2, "Cannot overwrite a value"),
        ('kind = "recorded"\ntitle = """t\n', 3, "not valid TOML: Unterminated string"),
        ('title = "t"\n', None, "the key 'kind' is missing; add kind"),
        ('kind = "recorded"\n', None, "the key 'title' is missing; add title"),
        ('kind = "recorded"\ntitle = ""\n', None, "the key 'title' is missing"),
        ('kind = "guessed"\ntitle = "t"\n', None, "kind = 'guessed' is not known; use one of recorded, published, transcribed"),
        (HEAD + "colour = 1\n", None, "unknown key 'colour'; use one of kind, title"),
        (HEAD + "warmup = 1.5\n", None, "warmup has the wrong type; give iterations left out"),
        (HEAD + "warmup = true\n", None, "warmup has the wrong type"),
        (HEAD + "warmup = -1\n", None, "warmup is below 0"),
        (HEAD + 'location = "mode"\n', None, "location = 'mode' is not known; use one of median, mean"),
        (HEAD + 'ignore = "*.log"\n', None, "ignore has the wrong type"),
        (HEAD + "ignore = [1]\n", None, "ignore = 1 is not a pattern"),
        (HEAD + 'ignore = [""]\n', None, "ignore = '' is not a pattern"),
        (HEAD + "machine = 3\n", None, "machine has the wrong type"),
        (HEAD + '[environments]\nvm = "x"\n', None, r"environments.vm is not a section; write \[environments.vm\]"),
        (HEAD + "[launches]\nname = 3\n", None, "launches.name is not a text"),
        (HEAD + '[launches]\nname = "{a}-{a}"\n', None, "the template '{a}-{a}' names no factor, or one twice"),
        (HEAD + '[launches]\nname = "{1x}"\n', None, "names no factor, or one twice, in {1x}"),
        (HEAD + "[[files]]\nformat = 'dmesg'\n", None, r"an entry of \[\[files\]\] has no match"),
        (HEAD + "[[files]]\nmatch = ''\n", None, "match = '' is not a pattern"),
        (HEAD + "[[files]]\nmatch = '*.log'\nformat = 3\n", None, "format of '.*' is not a text"),
        (HEAD + f'[checksums]\n"../a" = "{DIGEST}"\n', None, "checksum for '../a' leads outside the dataset; remove it"),
        (HEAD + f'[checksums]\n"vm/../../a" = "{DIGEST}"\n', None, "leads outside the dataset"),
        (HEAD + f'[checksums]\n"/etc/passwd" = "{DIGEST}"\n', None, "checksum for '/etc/passwd' leads outside the dataset"),
        (HEAD + '[checksums]\na = "sha256:12"\n', None, "checksum of 'a' is not 'sha256:' and 64 hexadecimal digits"),
        (HEAD + f'[checksums]\na = "md5:{"0" * 64}"\n', None, "64 hexadecimal digits; run `amxperf checksum`"),
        (HEAD + "[checksums]\na = 5\n", None, "64 hexadecimal digits"),
    ],
)
def test_faults(tmp_path, text, line, words):
    with pytest.raises(ManifestError, match=words) as caught:
        manifest(tmp_path, text)
    error = caught.value
    assert (error.path, error.line, error.exit_code) == (str(tmp_path / NAME), line, 65)
    assert error.hint and "\n" not in str(error)


def test_not_utf8(tmp_path):
    (tmp_path / NAME).write_bytes(HEAD.encode("utf-16"))
    with pytest.raises(ManifestError, match=r"dataset.toml: not UTF-8 text; save it as UTF-8"):
        parse(tmp_path / NAME)


def test_absent(tmp_path):
    with pytest.raises(ManifestError, match=r'the dataset has no dataset.toml; add one with kind = "recorded" and title'):
        parse(tmp_path / NAME)


def test_a_launch_that_does_not_fit(tmp_path):
    found = manifest(tmp_path, HEAD + '[launches]\nname = "{isa}-{run}"\n')
    with pytest.raises(ManifestError, match=r"launch 'amx' does not fit the template '{isa}-{run}'; rename the folder"):
        found.launch_factors("amx")


def test_every_key_says_what_it_is():
    assert all(meaning for _, meaning in KEYS.values()) and KEYS["kind"][1].endswith(", ".join(KINDS))


def test_a_rule_that_leads_outside(tmp_path):
    with pytest.raises(ManifestError, match=r"match = '../other/\*.csv' leads outside the dataset; name files below it"):
        manifest(tmp_path, HEAD + '[[files]]\nmatch = "../other/*.csv"\n')
