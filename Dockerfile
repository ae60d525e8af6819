# One image for every process: API (the default), worker, migrations, keys. The Node of package.json.
FROM node:26.10.0-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json ./

FROM base AS build
RUN --mount=type=cache,target=/root/.npm npm ci --omit=optional --ignore-scripts --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY agents agents
COPY migrations migrations
COPY packages/client packages/client
COPY src src
RUN ["node", "node_modules/@nestjs/cli/bin/nest.js", "build"]

# The page of the console, by packages of its own; its bundler needs the optional ones among them.
FROM base AS console
COPY console/package.json console/
COPY packages/client/package.json packages/client/
RUN --mount=type=cache,target=/root/.npm npm ci --workspace @agent-runtime/console --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY packages/client packages/client
COPY console console
RUN ["node", "node_modules/vite/bin/vite.js", "build", "console"]

# Optional packages are not needed: binaries of the embedded PostgreSQL, native addons that have a fallback.
FROM base AS packages
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM base
LABEL org.opencontainers.image.title="agent-runtime" \
      org.opencontainers.image.description="A server for AI coding agents: REST and server-sent events, durable and resumable" \
      org.opencontainers.image.licenses="Apache-2.0"
# Probes and scrapes have a port of their own, the same in both processes, which a proxy need not expose.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    METRICS_PORT=3001 \
    WORKER_PORT=3001
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=console /app/console/dist console/dist
USER node
EXPOSE 3000 3001
STOPSIGNAL SIGTERM
# Live, not ready: an unhealthy container is restarted, which must not happen while the database is away or in a drain.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3001/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/main.js", "--api-only"]
