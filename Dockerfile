# The standalone server. `docker build -t fastify-instance-events .`, then
# `docker run -p 8080:8080 -v instance-events:/data --read-only --tmpfs /tmp fastify-instance-events`.
# To pin the base image, add its digest to the tag: node:24.21.0-slim@sha256:…
# (`docker buildx imagetools inspect node:24.21.0-slim` prints it). Not Alpine: the build tools need glibc.
FROM node:24.21.0-slim AS base
WORKDIR /app
COPY .npmrc package.json package-lock.json ./

FROM base AS build
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM base AS dependencies
# Remove both lists first: otherwise npm may install development tools as optional peers, and a second Node.js.
RUN npm pkg delete devDependencies optionalDependencies \
  && npm ci --omit=dev --omit=peer --no-audit --no-fund \
  && npm cache clean --force

FROM node:24.21.0-slim
# Only /data is written: the event log, the generated key, the emulated queues. The default folder, /app/data, links to it.
RUN install --directory --owner=node --group=node --mode=0700 /data
WORKDIR /app
RUN ln --symbolic /data data
COPY package.json ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY examples/sqs-consumer.mjs examples/
ENV NODE_ENV=production \
  SERVER_HOST=0.0.0.0 \
  SERVER_PORT=8080
USER node
VOLUME /data
EXPOSE 8080
# Liveness, not readiness: a restart does not help in an outage of SQS or PostgreSQL. In bash, which starts in milliseconds; the base
# image has neither curl nor wget.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$SERVER_PORT && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
# It stops within 15 s of SIGTERM. Docker waits for 10 s by default: use docker stop --timeout 20.
CMD ["node", "dist/server.js"]
