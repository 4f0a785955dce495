#!/bin/sh
# One direction of Multi30k, from text to a record of its scores: multi30k.sh TEXTS SRC-TGT
#
# SRC-TGT is en-de, de-en or en-fr. TEXTS is described in docs/multi30k.md. A network is trained on both directions
# first, and goes on with the one. Whatever was stopped is continued by the same command.
set -eu
texts=$1
direction=$2
python=${PYTHON:-python}
recipes=$(dirname "$0")
case $direction in
    en-de | de-en) pair=en-de both=both-de ;;
    en-fr) pair=en-fr both=both-fr ;;
    *) echo "$direction: not en-de, de-en or en-fr" >&2 && exit 2 ;;
esac

train() {
    run=runs/multi30k-$1
    [ -d "$run/checkpoint" ] && return
    [ -f "$run/state.safetensors" ] && resume=--resume || resume=
    "$python" -m model train "$recipes/multi30k-$1.toml" --output "$run" $resume
}

[ -d "data/multi30k/$pair" ] || sh "$recipes/prepare-multi30k.sh" "$texts" data/multi30k
train "$both"
train "$direction"
"$python" -m model tune "$run/checkpoint" --source-lang "${direction%-*}" --target-lang "${direction#*-}" \
    --source "$texts/val.${direction%-*}" --reference "$texts/val.${direction#*-}" --write
"$python" -m benchmarks.multi30k "$run/checkpoint" --texts "$texts" --direction "$direction"
