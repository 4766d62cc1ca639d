#!/bin/sh
# A worker that judges overlap itself: as it starts, it looks whether any process of an earlier one still runs.
# worker.fixture.sh LOG [ignore-term] [family]
log=$1
shift
alive=
for pid in $(sed -n 's/^\(start\|child\) \([0-9]*\).*/\2/p' "$log" 2>/dev/null); do
  case $(cut -d' ' -f3 "/proc/$pid/stat" 2>/dev/null) in [RSDTt]) alive="$alive$pid," ;; esac
done
echo "start $$ $TENURE_IDENTITY $TENURE_FENCING_TOKEN $(date +%s%N) alive=$alive" >>"$log"
for word in "$@"; do
  case $word in
    ignore-term) trap '' TERM INT ;;
    family)
      sh -c 'echo "child $$" >>"$0"; trap "" TERM; while :; do sleep 0.05; done' "$log" &
      setsid sh -c 'echo "child $$" >>"$0"; trap "" TERM; while :; do sleep 0.05; done' "$log" &
      ;;
  esac
done
while :; do sleep 0.05; done
