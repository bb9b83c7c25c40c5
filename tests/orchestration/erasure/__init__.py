"""Tests of erasures and purges."""
