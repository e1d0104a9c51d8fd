# The image of resource-policy. docs/install.md says how it is built, and with which settings twice the same.
#
# Both base images are pinned by digest: a tag may be moved, a digest always means the same image. To take newer ones, look
# their digests up (docker buildx imagetools inspect IMAGE) and give all four, or change them here.

# Node.js of the version that the project is tested with.
ARG NODE_IMAGE=docker.io/library/node:26.10.0-bookworm-slim
ARG NODE_DIGEST=sha256:662933cf47f013bc8e4beb31a6116448427a82057ba7c42c97e4c5ba766504c2
# glibc and the C++ runtime, which is all that Node.js needs: no shell, no package manager, user 65532.
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12:nonroot
ARG BASE_DIGEST=sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f

# The program: one bundle, libraries included.
FROM ${NODE_IMAGE}@${NODE_DIGEST} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit
COPY rolldown.config.ts ./
COPY src ./src
RUN npm run build

FROM ${BASE_IMAGE}@${BASE_DIGEST}
COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=build /build/dist ./dist
COPY crds ./crds
COPY LICENSE ./
ENV NODE_ENV=production
USER 65532:65532
# The flags are those of the first line of dist/cli/main.js, which says why.
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=8", "--heap-growing-percent=40", "/app/dist/cli/main.js"]
CMD ["serve"]
