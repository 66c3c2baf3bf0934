# syntax=docker/dockerfile:1
# Node's Debian images: onnxruntime needs glibc, so no Alpine.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY src ./src
RUN npx tsc -p .
RUN npm prune --omit=dev \
    # The runtime's package holds every platform's libraries: only this one's are kept.
    && cd node_modules/onnxruntime-node/bin/napi-v6 \
    && find . -mindepth 1 -maxdepth 1 -type d ! -name "$(node -p process.platform)" -exec rm -r {} + \
    && find . -mindepth 2 -maxdepth 2 -type d ! -name "$(node -p process.arch)" -exec rm -r {} + \
    && mkdir -p /empty/models /empty/state

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    KEDGE_HOST=0.0.0.0 \
    KEDGE_MODELS=/models \
    KEDGE_STATE_DIR=/var/lib/kedge
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/build/src ./build/src
COPY bin ./bin
COPY openapi ./openapi
COPY docker/healthcheck.js ./docker/healthcheck.js
COPY --from=build /empty/models /models
COPY --from=build --chown=65532:65532 /empty/state /var/lib/kedge
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "/app/docker/healthcheck.js"]
ENTRYPOINT ["node", "/app/bin/kedge.js"]
CMD ["serve"]
