"""Brings a stage to AWS and takes it away again: `make deploy`, `make rollback`, `make destroy`."""
