#!/bin/sh
# The same idea in a shell: started when its replica leads, told to stop (SIGTERM) when it does not.
trap 'echo "$TENURE_IDENTITY cleans up and stops"; exit 0' TERM

echo "$TENURE_IDENTITY leads with token $TENURE_FENCING_TOKEN"
job=0
while :; do
  job=$((job + 1))
  echo "$TENURE_IDENTITY did job $job"
  sleep 0.5
done
