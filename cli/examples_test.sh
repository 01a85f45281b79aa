#!/usr/bin/env bash
exec cli/demo examples/ examples/
