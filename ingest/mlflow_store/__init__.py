"""The MLflow tracking store, read through MLflow's own client into bronze: every version of everything.

`uri` says which store a setting names, `client` asks the store, `records` makes rows of what it answers,
`versions` knows what the lake holds already, `loading` brings them together. Only `client` imports MLflow,
and only once a store is opened.
"""
