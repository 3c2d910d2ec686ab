"""Model serializers, nested as the API's documents show them."""

from typing import ClassVar

from rest_framework import serializers

from bench.stock.models import Address, Party


class PrimaryAddressSerializer(serializers.ModelSerializer[Address]):
    country_code = serializers.CharField(source="country.code", read_only=True)

    class Meta:
        model = Address
        fields: ClassVar[list[str]] = ["street", "city", "region", "postal_code", "country", "country_code"]


class AddressSerializer(PrimaryAddressSerializer):
    state = serializers.CharField(source="region", read_only=True)

    class Meta(PrimaryAddressSerializer.Meta):
        fields: ClassVar[list[str]] = ["type", "state", *PrimaryAddressSerializer.Meta.fields]


class CustomerSerializer(serializers.ModelSerializer[Party]):
    address = PrimaryAddressSerializer(source="primary_address", read_only=True)
    addresses = AddressSerializer(many=True, read_only=True)
    active = serializers.BooleanField(read_only=True)

    class Meta:
        model = Party
        fields: ClassVar[list[str]] = [
            "id", "name", "email", "phone", "tax_id", "website", "social_media", "status", "active", "address",
            "addresses", "credit_limit", "currency", "total_purchases", "created_at", "updated_at",
        ]  # fmt: skip
