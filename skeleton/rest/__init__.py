"""The kit for the REST API: views, permissions, serializers, filters, routing and the OpenAPI document."""
