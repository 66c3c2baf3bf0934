"""Reads bodies of OTLP requests with OpenTelemetry's own messages: pairs of a path and a file in, JSON out."""

import json
import sys

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

KINDS = {"/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest}

decoded = []
for path, name in zip(sys.argv[1::2], sys.argv[2::2]):
    message = KINDS[path]()
    with open(name, "rb") as body:
        message.ParseFromString(body.read())
    decoded.append({"path": path, "message": MessageToDict(message)})
json.dump(decoded, sys.stdout)
