from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.views import described
from shop_ecolabel.models import EcoLabel


class LabelSerializer(serializers.Serializer[Any]):
    product = serializers.CharField(source="product.slug")
    scheme = serializers.CharField()
    number = serializers.CharField()


class LabelsView(APIView):
    """Every product that bears a label."""

    @described(responses=LabelSerializer(many=True))
    def get(self, request: Request) -> Response:
        labels = EcoLabel.objects.select_related("product").order_by("product__slug")
        return Response(LabelSerializer(labels, many=True).data)


urlpatterns = [path("labels/", LabelsView.as_view(), name="ecolabels")]
