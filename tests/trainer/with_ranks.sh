#!/usr/bin/env bash
# Usage: with_ranks.sh N PROGRAM: runs a test program as N ranks of this host.
root=; [ "$(id -u)" = 0 ] && root=--allow-run-as-root
# Open MPI leaves memory behind that the address sanitiser would count.
exec env OMP_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=0 mpirun $root -n "$1" --oversubscribe --bind-to none "$2"
