{{- define "resource-policy.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 42 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 42 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "resource-policy.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "resource-policy.labels" -}}
{{ include "resource-policy.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* Repository and tag, or digest. Takes image and the tag that is meant by an empty one. */ -}}
{{- define "resource-policy.image" -}}
{{- with .image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* v1.33.5 of v1.33.5-eks-3025e55: providers name their builds, Kubernetes' own images do not. */ -}}
{{- define "resource-policy.kubernetesVersion" -}}
{{- regexFind "^v[0-9]+\\.[0-9]+\\.[0-9]+" .Capabilities.KubeVersion.Version -}}
{{- end -}}

{{- /* The file's manifest with our labels, and without its comments. Takes root and file. */ -}}
{{- define "resource-policy.manifests" -}}
{{- $labels := fromYaml (include "resource-policy.labels" .root) -}}
{{- range $text := splitList "\n---\n" (.root.Files.Get .file) }}
---
{{ $object := fromYaml $text -}}
{{ merge (dict "metadata" (dict "labels" $labels)) $object | toYaml }}
{{- end }}
{{- end -}}

{{- /* Addresses and ports, which services, probes and network policies repeat by name. */ -}}
{{- define "resource-policy.ports" -}}
extender: 8910
probes: 8911
page: 8912
admission: 8913
kube-scheduler: 10259
{{- end -}}

{{- define "resource-policy.schedulerConfig" -}}
{{- $config := .Files.Get "files/kube-scheduler/dedicated.yaml" | fromYaml -}}
{{- $_ := set $config.leaderElection "resourceNamespace" .Release.Namespace -}}
{{- range $config.profiles -}}
{{- $_ := set . "schedulerName" $.Values.scheduler.name -}}
{{- end -}}
{{- /* Both have to know it. */ -}}
{{- with index .Values.extender.settings "percentage-of-nodes-to-score" -}}
{{- $_ := set $config "percentageOfNodesToScore" (int .) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- /* What every container is held to: Kubernetes' restricted rules for pods, and no file to write. */ -}}
{{- define "resource-policy.containerSecurityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
readOnlyRootFilesystem: true
{{- end -}}

{{- define "resource-policy.extender" -}}
{{- $ports := fromYaml (include "resource-policy.ports" .) -}}
name: extender
image: {{ include "resource-policy.image" (dict "image" .Values.image "tag" .Chart.AppVersion) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  - serve
  - --probes=0.0.0.0:{{ $ports.probes }}
  {{- if eq .Values.mode "in-place" }}
  - --listen=0.0.0.0:{{ $ports.extender }}
  - --tls-cert=/tls/server/tls.crt
  - --tls-key=/tls/server/tls.key
  - --client-ca=/tls/client-ca/ca.crt
  {{- end }}
  {{- if eq .Values.admission.kind "webhook" }}
  - --admission=$(POD_IP):{{ $ports.admission }}
  - --admission-name={{ include "resource-policy.name" . }}
  {{- if eq .Values.mode "dedicated" }}
  - --admission-scheduler-name={{ .Values.scheduler.name }}
  {{- end }}
  {{- end }}
  {{- if .Values.page.enabled }}
  - --page=127.0.0.1:{{ $ports.page }}
  {{- end }}
  {{- if .Values.monitoring.prices }}
  - --prices=/etc/resource-policy/prices.yaml
  {{- end }}
  {{- range $flag, $value := .Values.extender.settings }}
  - {{ printf "--%s=%v" $flag $value | quote }}
  {{- end }}
{{- if eq .Values.admission.kind "webhook" }}
env:
  - name: POD_IP
    valueFrom:
      fieldRef:
        fieldPath: status.podIP
{{- end }}
ports:
  {{- if eq .Values.mode "in-place" }}
  - name: extender
    containerPort: {{ $ports.extender }}
  {{- end }}
  - name: probes
    containerPort: {{ $ports.probes }}
  {{- if eq .Values.admission.kind "webhook" }}
  - name: admission
    containerPort: {{ $ports.admission }}
  {{- end }}
# It listens before it has seen the cluster, and says that it is not ready until then.
startupProbe:
  httpGet:
    path: /healthz
    port: probes
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet:
    path: /healthz
    port: probes
  timeoutSeconds: 5
readinessProbe:
  httpGet:
    path: /readyz
    port: probes
  periodSeconds: 5
  timeoutSeconds: 5
resources:
  {{- toYaml .Values.extender.resources | nindent 2 }}
securityContext:
  {{- include "resource-policy.containerSecurityContext" . | nindent 2 }}
{{- if or (eq .Values.mode "in-place") .Values.monitoring.prices }}
volumeMounts:
  {{- if eq .Values.mode "in-place" }}
  - name: server
    mountPath: /tls/server
    readOnly: true
  - name: client-ca
    mountPath: /tls/client-ca
    readOnly: true
  {{- end }}
  {{- if .Values.monitoring.prices }}
  - name: prices
    mountPath: /etc/resource-policy
    readOnly: true
  {{- end }}
{{- end }}
{{- end -}}

{{- /* The secrets of mutual TLS: of both, a CA that signs nothing else. */ -}}
{{- define "resource-policy.serverSecret" -}}
{{- if eq .Values.inPlace.tls.source "secrets" -}}
{{ .Values.inPlace.tls.serverSecret }}
{{- else -}}
{{ include "resource-policy.name" . }}-server
{{- end -}}
{{- end -}}

{{- define "resource-policy.clientCASecret" -}}
{{- if eq .Values.inPlace.tls.source "secrets" -}}
{{ .Values.inPlace.tls.clientCASecret }}
{{- else -}}
{{ include "resource-policy.name" . }}-server
{{- end -}}
{{- end -}}

{{- define "resource-policy.serviceHost" -}}
{{ include "resource-policy.name" . }}.{{ .Release.Namespace }}.svc
{{- end -}}
