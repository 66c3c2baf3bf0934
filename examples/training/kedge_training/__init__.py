"""Training of the models that Kedge ships: one module a model, `common` for what they share."""
