#!/bin/sh
# Gives Dagster the settings of this image, then becomes the command.
set -eu
mkdir -p "$DAGSTER_HOME" "$TRACEHOUSE_HOME/landing/otlp"
# Beside its target and renamed: the other containers may be reading it.
cp /app/dagster.yaml "$DAGSTER_HOME/dagster.yaml.$$"
mv "$DAGSTER_HOME/dagster.yaml.$$" "$DAGSTER_HOME/dagster.yaml"
exec "$@"
