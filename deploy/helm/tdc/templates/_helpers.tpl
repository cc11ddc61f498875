{{/* First part of every name. */}}
{{- define "tdc.name" -}}
{{- $own := ternary .Release.Name (printf "%s-tdc" .Release.Name) (contains "tdc" .Release.Name) -}}
{{- .Values.fullnameOverride | default $own | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels by which the pods of the release are found. */}}
{{- define "tdc.releaseLabels" -}}
app.kubernetes.io/name: tdc
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Labels by which the pods of a service are found; takes root and component. */}}
{{- define "tdc.selectorLabels" -}}
{{ include "tdc.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels of every object; takes root and component. */}}
{{- define "tdc.labels" -}}
{{ include "tdc.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: tdc
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Environment that all services share. Whatever is secret is a file. */}}
{{- define "tdc.environment" -}}
{{- $component := .component }}
{{- with .root }}
- { name: TDC_HOST, value: {{ .Values.listenAddress | quote }} }
- { name: TDC_HEALTH_PORT, value: {{ .Values.healthPort | quote }} }
- { name: TDC_HEALTH_PLAINTEXT, value: "true" }
- { name: TDC_REPOSITORY, value: etcd }
- { name: TDC_ETCD_ENDPOINTS, value: {{ join "," .Values.etcd.endpoints | quote }} }
- { name: TDC_ETCD_PREFIX, value: {{ .Values.etcd.prefix | quote }} }
{{- with .Values.etcd.user.name }}
- { name: TDC_ETCD_USERNAME, value: {{ . | quote }} }
- { name: TDC_ETCD_PASSWORD_FILE, value: /etc/tdc/etcd-user/password }
{{- end }}
{{- if .Values.etcd.tls.secretName }}
- { name: TDC_ETCD_TLS_CA, value: /etc/tdc/etcd-tls/ca.crt }
{{- if .Values.etcd.tls.clientCertificate }}
- { name: TDC_ETCD_TLS_CERT, value: /etc/tdc/etcd-tls/tls.crt }
- { name: TDC_ETCD_TLS_KEY, value: /etc/tdc/etcd-tls/tls.key }
{{- end }}
{{- end }}
- { name: TDC_ALLOW_PLAINTEXT, value: {{ .Values.allowPlaintext | quote }} }
{{- range $option, $key := .Values.alerts.files }}
{{- if eq $component "estimator" }}
- { name: TDC_ALERTS_{{ $option | upper | replace "." "_" }}, value: {{ printf "/etc/tdc/alerts/%s" $key | quote }} }
{{- end }}
{{- end }}
{{- range $option, $key := .Values.tracing.files }}
- { name: TDC_TRACING_{{ upper $option }}, value: {{ printf "/etc/tdc/tracing/%s" $key | quote }} }
{{- end }}
{{- range $option, $value := .Values.options }}
{{- if or (eq $component "estimator") (not (hasPrefix "alerts." $option)) }}
- { name: TDC_{{ $option | upper | replace "." "_" }}, value: {{ $value | toJson | trimAll "\"" | quote }} }
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
