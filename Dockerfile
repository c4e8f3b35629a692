# The runner itself as an image. `make runner-image` builds it, on the base image of predictors:
# packages/ is what requirements/runner.lock names, *.whl the runner. The build needs no network.
ARG BASE=runner-base
FROM ${BASE}
COPY packages/ /opt/predictor/packages/
# A file that this Python can't compile stays as it is.
RUN python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/predictor || true
COPY *.whl /tmp/
RUN python3 -m zipfile -e /tmp/*.whl /opt/predictor/packages && rm /tmp/*.whl && \
    printf '#!/usr/bin/env python3\nfrom runner.cli.start import start\n\nstart()\n' \
      > /usr/local/bin/runner && chmod 755 /usr/local/bin/runner && \
    { python3 -m compileall -q --invalidation-mode unchecked-hash \
      /opt/predictor/packages/runner || true; }
WORKDIR /work
# What a killed runner left is recorded beside the results, where the next one finds it.
ENV XDG_STATE_HOME=/work/results/.state
ENTRYPOINT ["runner"]
CMD ["--help"]
