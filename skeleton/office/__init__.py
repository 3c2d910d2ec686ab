"""Base classes of the back office's screens: plain records, documents, and actions on either.

A screen is to the admin what a viewset is to the API, and uses the same concepts: `resources` for permissions,
`visible_to` for rows, the API's own input serializers, and the same services.
"""
