"""HTTP: routes, schemas, and what surrounds every request."""
