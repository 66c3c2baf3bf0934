{{- define "kedge.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The chart's name alone where the release is called by it. */}}
{{- define "kedge.fullname" -}}
{{- $name := include "kedge.name" . }}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- default $full .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "kedge.selector" -}}
app.kubernetes.io/name: {{ include "kedge.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "kedge.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "kedge.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "kedge.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{/* The port of administration and metrics, where that is apart; 0 else. */}}
{{- define "kedge.adminPort" -}}
{{- dig "admin" "port" 0 .Values.config | int }}
{{- end }}

{{- define "kedge.metricsPort" -}}
{{- eq (include "kedge.adminPort" .) "0" | ternary "http" "admin" }}
{{- end }}

{{- define "kedge.scheme" -}}
{{- dig "tls" "certFile" "" .Values.config | empty | ternary "http" "https" }}
{{- end }}

{{/*
kedge.yaml: `config` and what the chart decides. The deadline counts from the signal, so that a delay inside of Kedge is in it.
Administration at a port of its own has to be reached from outside of the pod.
*/}}
{{- define "kedge.settings" -}}
{{- $settings := deepCopy .Values.config }}
{{- with .Values.shutdown }}
{{- $delay := eq .delayBy "kedge" | ternary .delaySeconds 0 | int }}
{{- $shutdown := dict "readinessDelayMs" (mul $delay 1000) "deadlineMs" (mul (add $delay .drainSeconds) 1000) }}
{{- $_ := set $settings "shutdown" $shutdown }}
{{- end }}
{{- if ne (include "kedge.adminPort" .) "0" }}
{{- $_ := set $settings "admin" (merge (dict) $settings.admin (dict "host" "0.0.0.0")) }}
{{- end }}
{{- toYaml $settings }}
{{- end }}

{{/* What the schema cannot say, since it takes two values. */}}
{{- define "kedge.check" -}}
{{- if dig "tls" "caFile" "" .Values.config }}
{{- fail "config.tls.caFile: the probes of Kubernetes have no certificate to show; let a proxy or a mesh ask clients for theirs" }}
{{- end }}
{{- if has (include "kedge.adminPort" .) (list "8080" (toString .Values.service.port)) }}
{{- fail "config.admin.port: 8080 is the port of everything else, and service.port is the Service's; choose another" }}
{{- end }}
{{- if and (eq .Values.shutdown.delayBy "sleep") (semverCompare "<1.30-0" .Capabilities.KubeVersion.Version) }}
{{- fail "shutdown.delayBy: Kubernetes has the sleep action from 1.30 on; let kedge wait" }}
{{- end }}
{{- if and (eq .Values.models.source "image") (semverCompare "<1.31-0" .Capabilities.KubeVersion.Version) }}
{{- fail "models.source: Kubernetes mounts images from 1.31 on" }}
{{- end }}
{{- with .Values.autoscaling }}
{{- if ne .mode "none" }}
{{- if gt (int .minReplicas) (int .maxReplicas) }}
{{- fail "autoscaling.minReplicas: there cannot be more of them than autoscaling.maxReplicas" }}
{{- end }}
{{- if and (eq (int .cpuPercent) 0) (eq (float64 .waitingPredictions) 0.0) }}
{{- fail "autoscaling: one of cpuPercent and waitingPredictions has to be more than 0" }}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.state.existingClaim }}
{{- if or (gt (int .Values.replicas) 1) (ne .Values.autoscaling.mode "none") }}
{{- fail "state.existingClaim: a state directory is of one process; set replicas to 1 and autoscaling.mode to none" }}
{{- end }}
{{- end }}
{{- if and (eq .Values.models.source "sync") .Values.networkPolicy.enabled (empty .Values.networkPolicy.egress) }}
{{- fail "networkPolicy.egress: models.source sync has to reach the object storage, and DNS" }}
{{- end }}
{{- end }}
