"""The running services of the integration tests, by Docker Compose or natively."""
