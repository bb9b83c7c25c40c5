"""The telemetry registry: what every agent says it sends, one YAML file each, and what follows from it.

`common.yml` holds the groups of attributes that agents share, `agents/<agent_name>.yml` what one agent sends.
`reading` checks them, `generate` writes seeds, constants and the page of attributes from them, and
`check` judges an export against them. The terms are those of OpenTelemetry's registries of semantic
conventions. Source: open-telemetry/weaver, schemas/semconv-syntax.md.
"""
