#!/usr/bin/env bash
# Passes if the file is there and empty; shows it otherwise.
set -u
[[ -f $1 ]] || { echo "$1: no such file"; exit 1; }
[[ ! -s $1 ]] || { cat "$1"; exit 1; }
