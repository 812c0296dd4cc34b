from apps.core.errors import DomainError


class NoSales(DomainError):
    code = "no_sales"
    status = 400
    message = "There is no CSV file of sales with the expected columns here."


class WorkerSilent(DomainError):
    code = "worker_silent"
    status = 503
    message = "No order was processed for a minute. Does a worker run? (`make run` starts one.)"
