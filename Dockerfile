# docker build -t kedge .
# From a mirror: --build-arg REGISTRY=mirror.example/library --build-arg NPM_REGISTRY=https://mirror.example/npm/
# Nothing runs in the image that is made, so that a build for another platform needs no emulation, and a base without a shell will do:
# --build-arg RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian12
ARG REGISTRY=docker.io/library
# onnxruntime needs glibc, so no Alpine.
ARG NODE_IMAGE=${REGISTRY}/node:24-bookworm-slim
ARG RUNTIME_IMAGE=${NODE_IMAGE}

FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
ARG NPM_REGISTRY
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --no-audit --no-fund ${NPM_REGISTRY:+--registry="$NPM_REGISTRY"}
COPY tsconfig.json LICENSE ./
COPY src ./src
COPY bin ./bin
COPY openapi ./openapi
COPY docker/healthcheck.js ./docker/healthcheck.js
# What the packages carry for people who develop with them is left out; their licences stay. Modes are set because a checkout's may shut
# others out, and the server does not own its files. A user id that a platform has chosen (OpenShift) is in group 0.
RUN npx tsc -p . --sourceMap false \
    && npm prune --omit=dev --no-audit --no-fund --offline \
    && find node_modules -depth -type d \( -name test -o -name tests -o -name __tests__ \) -exec rm -r {} + \
    && find node_modules -type f \( -name '*.map' -o -name '*.test.js' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
    && mkdir -p /out/modules /out/app/build /out/models /out/state/kedge \
    && mv node_modules /out/modules/ \
    && mv build/src /out/app/build/ \
    && mv bin docker openapi package.json LICENSE /out/app/ \
    && chmod -R a+rX,go-w /out && chmod 0770 /out/state/kedge
# The runtime's package holds every platform's libraries: only the target's are kept.
ARG TARGETARCH
RUN cd /out/modules/node_modules/onnxruntime-node/bin/napi-v6 \
    && arch="$(echo "${TARGETARCH:-$(node -p process.arch)}" | sed s/amd64/x64/)" \
    && mv "linux/$arch" /out/native && rm -r ./* && mkdir linux && mv /out/native "linux/$arch"

# Said because some builders (buildah 1.28) go on with the platform of the stage before.
FROM --platform=$TARGETPLATFORM ${RUNTIME_IMAGE}
# Distroless images keep Node in a folder that is not searched.
ENV NODE_ENV=production \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/nodejs/bin \
    KEDGE_HOST=0.0.0.0 \
    KEDGE_MODELS=/models \
    KEDGE_STATE_DIR=/var/lib/kedge
WORKDIR /app
COPY --from=build /out/modules/ ./
COPY --from=build /out/models /models
# The folder inside is copied and not its contents, or some builders would not keep its mode.
COPY --from=build --chown=65532:0 /out/state/ /var/lib/
COPY --from=build /out/app/ ./
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "/app/docker/healthcheck.js"]
ENTRYPOINT ["node", "/app/bin/kedge.js"]
CMD ["serve"]
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Kedge" \
    org.opencontainers.image.description="A self-hosted server for ONNX models" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
