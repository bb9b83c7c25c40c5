"""Dashboards as code to a Metabase: compare what is meant with what is there, then make it so."""
