# syntax=docker/dockerfile:1
# One image for web, worker, scheduler and migrations; docker-compose.yml says which command runs.

FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
WORKDIR /src
COPY pyproject.toml requirements.txt ./
# The pinned versions, but only what production needs: neither the tools nor the embedded servers.
RUN /opt/venv/bin/pip install --constraint requirements.txt ".[kms]"

FROM python:3.13-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=spojit.settings \
    TRIAL=false \
    VAR_DIR=/var/lib/spojit
RUN groupadd --gid 10001 spojit \
    && useradd --uid 10001 --gid spojit --no-create-home --shell /usr/sbin/nologin spojit \
    && install --directory --owner spojit --group spojit /var/lib/spojit /app/staticfiles
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY manage.py ./
COPY spojit spojit
COPY workspaces workspaces
COPY connectors connectors
COPY connections connections
COPY templates templates
COPY static static
# Static files are named by their content; the values are read and never connected to.
RUN DATABASE_URL=postgresql://app@localhost/none REDIS_URL=redis://localhost \
    SECRET_KEY=only-while-building-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF \
    ROOT_KEYS=build:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    ALLOWED_HOSTS=localhost PUBLIC_URL=https://localhost EMAIL_URL=smtp://localhost \
    python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q .
USER spojit
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "1", "--blocking-threads", "4", "--no-ws", "spojit.wsgi:application"]
