# An image without a shell, and one program to ask it whether it is well. SOURCE is named in compose.yaml.
ARG SOURCE
FROM busybox:1.37.0-musl AS busybox

FROM ${SOURCE}
COPY --from=busybox /bin/busybox /bin/busybox
