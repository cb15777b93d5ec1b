# The standalone server. `docker build -t fastify-instance-events .`, then
# `docker run -p 8080:8080 -v instance-events:/data --read-only --tmpfs /tmp fastify-instance-events`.
# To pin the base to what it is today, put its digest behind the tag: node:24.21.0-slim@sha256:…, as
# `docker buildx imagetools inspect node:24.21.0-slim` prints it. Not Alpine: the tools that build are made for glibc.
FROM node:24.21.0-slim AS base
WORKDIR /app
COPY .npmrc package.json package-lock.json ./

FROM base AS build
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM base AS dependencies
# Without the list of them, no tool of ours comes along as some package's optional peer; nor does the bundled Node.
RUN npm pkg delete devDependencies optionalDependencies \
  && npm ci --omit=dev --omit=peer --no-audit --no-fund \
  && npm cache clean --force

FROM node:24.21.0-slim
# /data is all that is written: the event log, the generated key, the emulated queues.
RUN install --directory --owner=node --group=node --mode=0700 /data
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY examples/sqs-consumer.mjs examples/
ENV NODE_ENV=production \
  SERVER_HOST=0.0.0.0 \
  SERVER_PORT=8080 \
  DATABASE_URL=file:/data/instance-events.db
USER node
VOLUME /data
EXPOSE 8080
# Alive, not ready: an outage of SQS or PostgreSQL is no reason to start it again.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SERVER_PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# It stops by SIGTERM within 15 s; Docker waits for 10 unless told: docker stop --timeout 20.
CMD ["node", "dist/server.js"]
