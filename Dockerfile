# The image of a whole Docker system. Builds with BuildKit and with the classic builder.
#
#   docker build -t mysysconfig:develop .                   this repository's own example system
#   docker build -t mysysconfig:0.1.0 --target tool .       the tool alone, for other repositories' images
#
# Another configuration repository needs no more than this:
#
#   FROM mysysconfig:0.1.0
#   COPY units units
#   COPY templates templates
#   COPY mysysconfig.yaml mysysconfig.yaml
ARG BASE_IMAGE=node:24-bookworm-slim

# The one file that is the program: taken as it is when it lies in dist/, else made here (which needs npm).
FROM ${BASE_IMAGE} AS bundle
WORKDIR /build
COPY package.json package-lock.json tsconfig.json dist/mysysconfig.cj[s] ./
COPY src src
COPY deploy/build deploy/build
RUN mkdir dist \
 && if [ -f mysysconfig.cjs ]; then mv mysysconfig.cjs dist/; \
    else npm install --no-save --ignore-scripts --no-audit --no-fund && node deploy/build/bundle.ts; fi

FROM ${BASE_IMAGE} AS tool
RUN if ! command -v git || ! command -v ssh || ! command -v setpriv || ! [ -s /etc/ssl/certs/ca-certificates.crt ]; then \
      apt-get update \
      && apt-get install -y --no-install-recommends git openssh-client util-linux ca-certificates \
      && rm -rf /var/lib/apt/lists/*; \
    fi
COPY --from=bundle /build/dist/mysysconfig.cjs /usr/local/lib/mysysconfig/
COPY deploy/image/entrypoint.sh deploy/image/healthcheck.cjs deploy/image/run-flags deploy/image/warm-cache.sh deploy/image/warm-cache.mjs /usr/local/lib/mysysconfig/
# A compile cache halves the start. It is keyed by the user, so the user that runs later has to fill it.
ENV NODE_COMPILE_CACHE=/usr/local/lib/mysysconfig/compile-cache
RUN /bin/sh /usr/local/lib/mysysconfig/warm-cache.sh
# Of the program: a daemon that follows its own image sees by it that the image has another one.
ENV MYSYSCONFIG_VERSION=0.1.0
ENV MYSYSCONFIG_CONFIG_DIR=/config
WORKDIR /config
# Starts as root only to find the socket's group and to read mounted credentials, then gives all privileges up.
ENTRYPOINT ["/bin/sh", "/usr/local/lib/mysysconfig/entrypoint.sh"]
# Health, hooks and metrics of `run`; anything else listens nowhere and is always well.
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=15s --retries=3 \
  CMD ["node", "/usr/local/lib/mysysconfig/healthcheck.cjs"]

# What the build knows about the configuration, for every image made FROM this one, the one below included:
# docker build --build-arg BRANCH=develop --build-arg BUILD=112-develop --build-arg REVISION=$(git rev-parse HEAD) …
ONBUILD ARG BRANCH
ONBUILD ARG BUILD
ONBUILD ARG REVISION
ONBUILD ARG SUBJECT
ONBUILD ARG SOURCE
ONBUILD ARG CREATED
ONBUILD ENV MYSYSCONFIG_BRANCH="${BRANCH}" MYSYSCONFIG_BUILD="${BUILD}" MYSYSCONFIG_REVISION="${REVISION}" \
            MYSYSCONFIG_SUBJECT="${SUBJECT}" MYSYSCONFIG_SOURCE="${SOURCE}" MYSYSCONFIG_CREATED="${CREATED}"
ONBUILD LABEL org.opencontainers.image.source="${SOURCE}" org.opencontainers.image.revision="${REVISION}" \
              org.opencontainers.image.ref.name="${BRANCH}" org.opencontainers.image.version="${BUILD}" \
              org.opencontainers.image.created="${CREATED}"

FROM tool
COPY units units
COPY templates templates
COPY mysysconfig.yaml mysysconfig.yaml
