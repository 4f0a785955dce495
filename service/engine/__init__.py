"""The engine: a bounded queue, a pure scheduler, and one thread that owns every tensor."""
