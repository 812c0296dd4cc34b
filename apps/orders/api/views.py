from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.permissions import IsCustomer, caller_of
from apps.core.api.views import Pagination, described
from apps.orders import selectors
from apps.orders.api.serializers import OrderPageSerializer, OrderSerializer


class MyOrdersView(APIView):
    """The customer's own orders, newest first."""

    permission_classes = [IsCustomer]

    @described(operation_id="me_orders_list", responses=OrderPageSerializer)
    def get(self, request: Request) -> Response:
        pages = Pagination()
        orders = pages.paginate_queryset(
            selectors.list_orders_of(caller_of(request).customer_id), request
        )
        return pages.get_paginated_response(OrderSerializer(orders, many=True).data)
