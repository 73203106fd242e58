"""``llmcd completion``: a script for the user's shell, made from the parser."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence

from llmcd.cli.command import Command
from llmcd.cli.output import Shown
from llmcd.cli.places import Option, Place, places_of

__all__ = ["COMPLETION", "SHELLS"]


def _quoted(text: str) -> str:
    """In single quotes, for bash and zsh."""
    return "'" + text.replace("'", "'\\''") + "'"


def _brief(words: str) -> str:
    """The first clause of a help text."""
    return words.split(" (")[0].split(";")[0].split(". ")[0]


# --- bash -----------------------------------------------------------------------------

_BASH = """\
# completion of llmcd for bash; to use it now: source <(llmcd completion bash)
_llmcd_from() {
  local word
  while IFS= read -r word; do if [[ $word == "$1"* ]]; then echo "$word"; fi; done
}
_llmcd() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  local path=llmcd i
  # bash takes --mode=safe for three words
  if [[ $cur == '=' ]]; then cur=''; fi
  if [[ $prev == '=' ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${COMP_WORDS[i]}" in
      @PATHS@) path="$path ${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $prev" in
@VALUES@
  esac
  case "$path" in
@PLACES@
  esac
}
complete -F _llmcd llmcd
"""
_BASH_FILES = (
    'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur")'
)


def _bash(places: Sequence[Place]) -> str:
    paths = " | ".join(_quoted(" ".join(p.path)) for p in places[1:])
    values = "\n".join(line for p in places for line in _bash_values(p))
    rest = "\n".join(map(_bash_place, places))
    text = _BASH.replace("@PATHS@", paths).replace("@VALUES@", values)
    return text.replace("@PLACES@", rest)


def _bash_values(place: Place) -> Iterator[str]:
    for one in place.options:
        if one.takes != "nothing":
            cases = " | ".join(
                _quoted(f"{' '.join(place.path)} {name}") for name in one.names
            )
            yield f"    {cases}) {_bash_words(one.choices, one.takes)}; return ;;"


def _bash_words(choices: Sequence[str], takes: str) -> str:
    if choices:
        lines = " ".join(_quoted(x.replace(" ", "\\ ")) for x in choices)
        words = f"printf '%s\\n' {lines}"
        return f'mapfile -t COMPREPLY < <({words} | _llmcd_from "$cur")'
    return _BASH_FILES if takes == "files" else ":"


def _bash_place(place: Place) -> str:
    options = [name for one in place.options for name in one.names]
    takes = "files" if place.has_files else "words"
    return (
        f"    {_quoted(' '.join(place.path))})\n"
        f"      if [[ $cur == -* ]]; then {_bash_words(options, 'words')}\n"
        f"      else {_bash_words([*place.steps, *place.choices], takes)}; fi ;;"
    )


# --- zsh ------------------------------------------------------------------------------


def _zsh(places: Sequence[Place]) -> str:
    lines = [
        "#compdef llmcd",
        "# completion of llmcd for zsh; to use it now: source <(llmcd completion zsh)",
    ]
    for place in reversed(places):
        lines += _zsh_place(place)
    lines.append('if [[ $funcstack[1] == _llmcd ]]; then _llmcd "$@"')
    lines.append("else compdef _llmcd llmcd; fi")
    return "\n".join(lines) + "\n"


def _zsh_place(place: Place) -> Iterator[str]:
    yield f"_{'_'.join(place.path)}() {{"
    options = [_quoted(_zsh_option(x, one)) for one in place.options for x in one.names]
    if place.steps:
        yield "  local context state line"
        steps = [f"{name}:{words}" for name, words in place.steps.items()]
        yield f"  local -a steps; steps=({' '.join(map(_quoted, steps))})"
        options += ["'1: :->step'", "'*:: :->rest'"]
    else:
        files = "_files" if place.has_files else " "
        what = f"({' '.join(place.choices)})" if place.choices else files
        options.append(f"'*: :{what}'")
    yield "  _arguments -C \\\n    " + " \\\n    ".join(options)
    if place.steps:
        yield "  case $state in"
        yield "    step) _describe command steps ;;"
        yield "    rest) case $line[1] in"
        for name in place.steps:
            yield f"      {name}) _{'_'.join((*place.path, name))} ;;"
        yield "    esac ;;"
        yield "  esac"
    yield "}"


def _zsh_option(name: str, one: Option) -> str:
    words = _brief(one.words).replace("[", "(").replace("]", ")").replace(":", "")
    if one.takes == "nothing":
        return f"{name}[{words}]"
    choices = " ".join(x.replace(" ", "\\ ") for x in one.choices)
    what = "_files" if one.takes == "files" else f"({choices})" if choices else " "
    glue = "=" if name.startswith("--") else ""
    return f"*{name}{glue}[{words}]:value:{what}"


# --- fish -----------------------------------------------------------------------------

_FISH = """\
# completion of llmcd for fish; to use it now: llmcd completion fish | source
function __llmcd_at
  set -l path llmcd
  for word in (commandline -opc)[2..-1]
    switch "$path $word"
      case @PATHS@
        set path "$path $word"
    end
  end
  test "$path" = "$argv"
end
complete -c llmcd -f
"""


def _fish(places: Sequence[Place]) -> str:
    paths = " ".join(_fish_quoted(" ".join(p.path)) for p in places[1:])
    lines = [line for p in places for line in _fish_place(p)]
    return _FISH.replace("@PATHS@", paths) + "\n".join(lines) + "\n"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _fish_place(place: Place) -> Iterator[str]:
    start = f"complete -c llmcd -n '__llmcd_at {' '.join(place.path)}'"
    for name, words in place.steps.items():
        yield f"{start} -a {name} -d {_fish_quoted(words)}"
    if place.choices:
        yield f"{start} -a {_fish_quoted(' '.join(place.choices))}"
    elif place.has_files:
        yield f"{start} -F"
    for one in place.options:
        names = " ".join(
            f"-l {x[2:]}" if x.startswith("--") else f"-s {x[1:]}" for x in one.names
        )
        yield f"{start} {names}{_fish_takes(one)} -d {_fish_quoted(_brief(one.words))}"


def _fish_takes(one: Option) -> str:
    if one.choices:
        # a choice with spaces needs quotes inside the quotes
        words = " ".join(_fish_quoted(x) if " " in x else x for x in one.choices)
        return f" -x -a {_fish_quoted(words)}"
    return {"nothing": "", "files": " -r -F", "words": " -x"}[one.takes]


# --- the command ----------------------------------------------------------------------

SHELLS: Mapping[str, Callable[[Sequence[Place]], str]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
"""From the places of a parser to a script, by the name of the shell."""


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", metavar="SHELL", choices=list(SHELLS),
                        help=", ".join(SHELLS))  # fmt: skip


def _completion(arguments: argparse.Namespace) -> Shown:
    text = SHELLS[arguments.shell](list(places_of(arguments.root)))
    document = {"shell": arguments.shell, "script": text}
    return Shown(document, (text.removesuffix("\n"),), exact=True)


COMPLETION = Command(
    "completion",
    "print a script that completes commands in your shell",
    _completion,
    _add,
    example=(
        "source <(llmcd completion bash)   # in ~/.bashrc\n"
        "source <(llmcd completion zsh)    # in ~/.zshrc, after compinit\n"
        "llmcd completion fish > ~/.config/fish/completions/llmcd.fish"
    ),
    document={"shell": "its name", "script": "the text to be sourced"},
)
