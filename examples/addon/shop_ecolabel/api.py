from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.views import Pagination, described
from shop_ecolabel.selectors import list_labels


class LabelSerializer(serializers.Serializer[Any]):
    product = serializers.CharField(source="product.slug")
    scheme = serializers.CharField()
    number = serializers.CharField()


class LabelPageSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = LabelSerializer(many=True)


class LabelsView(APIView):
    """Every published product that bears a label, 24 a page."""

    @described(operation_id="ecolabels_list", responses=LabelPageSerializer)
    def get(self, request: Request) -> Response:
        pages = Pagination()
        labels = pages.paginate_queryset(list_labels(), request)
        return pages.get_paginated_response(LabelSerializer(labels, many=True).data)


urlpatterns = [path("labels/", LabelsView.as_view(), name="ecolabels")]
