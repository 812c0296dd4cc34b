# One image for web and worker: the same lock as everywhere, no compiler, nobody's root.
#   docker build -t shop . && docker run --env-file … shop                  the web, on port 8000
#   docker run --env-file … shop celery -A ecommerce worker …               the worker (infra/templates/containers.yaml)
# What it cannot be tried without is told in docs/operations.md.
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY dev/packaging/choosing.py requirements-containers.txt requirements-otel.txt ./
# With any text: traces, too (docs/adr/0021-traces.md).
ARG WITH_TRACES=
RUN python choosing.py requirements-containers.txt > lock.txt \
    && python -m venv /venv \
    && /venv/bin/pip install --require-hashes --no-deps --only-binary :all: -r lock.txt \
    && if [ -n "$WITH_TRACES" ]; then \
         /venv/bin/pip install --require-hashes --no-deps --only-binary :all: -r requirements-otel.txt; fi
WORKDIR /shop
COPY manage.py ./
COPY apps apps
COPY ecommerce ecommerce
COPY locale locale
COPY templates templates
COPY static static
# The names of the static files with their hashes; the files themselves lie on S3. None of the values
# that production asks for has a part in this.
RUN export SECRET_KEY=x ALLOWED_HOSTS=x SHOP_ORIGIN=https://x DATABASE_URL=postgresql://x/x \
      SQS_BASE_URL=x SNS_TOPIC_ARN=x MEDIA_BUCKET=x MEDIA_DOMAIN=x DOCUMENTS_BUCKET=x STATIC_DOMAIN=x/static \
      DOWNSTREAM_SECRETS=x=x PAYMENT_GATEWAYS=x DJANGO_SETTINGS_MODULE=ecommerce.settings.production \
    && /venv/bin/python manage.py collectstatic --noinput -v0 \
    && find staticfiles -type f ! -name staticfiles.json -delete \
    && find staticfiles -type d -empty -delete \
    && rm -r static \
    && /venv/bin/python -m compileall -q apps ecommerce

FROM ${PYTHON}
RUN useradd --system --uid 10001 --no-create-home shop
COPY --from=build /venv /venv
COPY --from=build /shop /shop
WORKDIR /shop
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=ecommerce.settings.production
# The rest of the file system may be read-only.
VOLUME /tmp
USER 10001
EXPOSE 8000
CMD ["gunicorn", "ecommerce.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--env", "WEB_THREADS=8", "--env", "DATABASE_STATEMENT_SECONDS=5", "--worker-tmp-dir", "/tmp", "--no-control-socket", "--graceful-timeout", "25", "--max-requests", "10000", "--max-requests-jitter", "1000"]
