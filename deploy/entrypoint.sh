#!/bin/sh
# Gives Dagster the settings of this image, then becomes the command; `pipeline` is the server that runs happen in.
set -eu
mkdir -p "$DAGSTER_HOME" "$TRACEHOUSE_HOME/landing/otlp"
# Beside its target and renamed: the other containers may be reading it.
cp /app/dagster.yaml "$DAGSTER_HOME/dagster.yaml.$$"
mv "$DAGSTER_HOME/dagster.yaml.$$" "$DAGSTER_HOME/dagster.yaml"
if [ "$1" = pipeline ]; then
    # At once, unless this version is a new one to the volume.
    python -m ingest.otlp.kernels
    python -m orchestration.deployment.abandoned
    set -- dagster code-server start -h 0.0.0.0 -p 4000 -m orchestration.definitions
fi
exec "$@"
