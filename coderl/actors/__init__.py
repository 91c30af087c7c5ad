"""Actors: what writes programs.

Read `actor` (the interface), `settings`, `encoder_decoder`, `decoding` (how tokens are drawn), then
`tokenizer` and `tiny` (a model from scratch).
"""
