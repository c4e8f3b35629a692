# The runner itself as an image. `make runner-image` builds it, on the base image of predictors:
# packages/ is what requirements/runner.lock names, *.whl the runner. The build needs no network.
ARG BASE=runner-base
FROM ${BASE}
COPY packages/ /opt/predictor/packages/
COPY *.whl /tmp/
RUN python3 -m zipfile -e /tmp/*.whl /opt/predictor/packages && rm /tmp/*.whl && \
    python3 -m compileall -q --invalidation-mode unchecked-hash /opt/predictor
WORKDIR /work
ENTRYPOINT ["python3", "-m", "runner.cli.main"]
CMD ["--help"]
