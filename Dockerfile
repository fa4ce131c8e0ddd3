# What runs, without what builds and tests it. Node runs the TypeScript as it stands, so there is nothing to compile.
FROM node:26-slim AS packages
WORKDIR /zapfleet
COPY package.json package-lock.json .npmrc ./
COPY contract/package.json contract/
COPY curve/package.json curve/
COPY sdk/package.json sdk/
COPY sandbox/package.json sandbox/
COPY dashboard/package.json dashboard/
COPY server/package.json server/
COPY tests/package.json tests/
COPY bench/package.json bench/
# Without scripts the package `node` brings no binary: the image has its own.
RUN npm ci --omit=dev --ignore-scripts --loglevel=error

# The pages are built of packages that do not run.
FROM packages AS pages
RUN npm ci --include=dev --ignore-scripts --loglevel=error
COPY sdk sdk
COPY dashboard dashboard
RUN cd dashboard && node ../node_modules/vite/bin/vite.js build --logLevel warn

FROM node:26-slim
WORKDIR /zapfleet
COPY --from=packages /zapfleet/node_modules node_modules
COPY package.json LICENSE ./
COPY contract contract
COPY curve curve
COPY sandbox sandbox
COPY server server
COPY --from=pages /zapfleet/dashboard/dist dashboard/dist
RUN install -d -o node -g node -m 0700 /data node_modules/.cache
USER node
VOLUME /data
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data LOG_PRETTY=false
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=4", "--import", "./server/compile-cache.mjs", "server/src/main.ts"]
