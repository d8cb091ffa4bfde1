# Two images: `docker build --target api .` and `docker build --target worker .`
# Node runs the TypeScript as it is, so there is no build step: dependencies first, sources last.

FROM node:24-bookworm-slim AS base
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production WORK_ROOT=/var/lib/baton/work
# A volume that is mounted here takes this owner over.
RUN install -d -o node -g node "$WORK_ROOT"
WORKDIR /app
# tini is process 1: it reaps what tools leave behind and hands SIGTERM to node.
ENTRYPOINT ["tini", "--"]

FROM base AS manifests
COPY .npmrc package.json package-lock.json ./
COPY packages/core/package.json packages/core/
COPY apps/api/package.json apps/api/
COPY apps/worker/package.json apps/worker/

# No install script is needed: what is native here comes prebuilt.
FROM manifests AS api-dependencies
RUN npm ci --workspace=apps/api --omit=dev --ignore-scripts

FROM manifests AS worker-dependencies
RUN npm ci --workspace=apps/worker --omit=dev --ignore-scripts

FROM manifests AS claude-lock
COPY scripts/claude-lock.mjs scripts/
RUN node scripts/claude-lock.mjs . /claude

# Of the CLI's packages npm takes this platform's alone; the program in it stands by itself.
FROM base AS claude
WORKDIR /claude
COPY .npmrc ./
COPY --from=claude-lock /claude ./
RUN npm ci --ignore-scripts \
 && install node_modules/@anthropic-ai/claude-code-linux-*/claude /usr/local/bin/claude

FROM base AS api
COPY --from=api-dependencies /app ./
COPY packages/core/src packages/core/src
COPY apps/api/src apps/api/src
# For captured files: CAPTURE_CACHE_DIR.
RUN apt-get update \
 && apt-get install -y --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/*
ENV HOST=0.0.0.0 PORT=3000
EXPOSE 3000
USER node
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/api/src/main.ts"]

FROM base AS worker
# For the CLI's tools, and git with ssh for repositories; setpriv, which ends a session with its worker, is in the base image. The CLI keeps
# its credentials from tools by bubblewrap and socat (SUBPROCESS_ENV_SCRUB).
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      bubblewrap ca-certificates git openssh-client procps ripgrep socat \
 && rm -rf /var/lib/apt/lists/*
COPY --from=claude /usr/local/bin/claude /usr/local/bin/claude
COPY --from=worker-dependencies /app ./
COPY packages/core/src packages/core/src
COPY apps/worker/src apps/worker/src
ENV HEALTH_HOST=0.0.0.0 HEALTH_PORT=3001
EXPOSE 3001
USER node
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEALTH_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/worker/src/main.ts"]
