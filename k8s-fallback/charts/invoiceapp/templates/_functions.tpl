{{/*
The functions: the label and name of their pods, the servers that each one reaches, and its keys. Pods get the URLs and the
ways through the network that stand here, and no others.
*/}}
{{- define "invoiceapp.functions" -}}
auth:
  app: auth
  servers: [database]
  keys: {TOKEN_KEYS: token-keys}
gateway:
  app: gateway
  servers: [database, documents, broker]
  keys: {LINK_KEYS: link-keys}
worker:
  app: worker
  servers: [database, documents, broker]
  keys: {}
notifier:
  app: notification
  servers: [database, broker, mail]
  keys: {LINK_KEYS: link-keys}
sweeper:
  app: sweeper
  servers: [database, documents, broker]
  keys: {}
{{- end }}

{{/* The image of a function: (dict "root" $ "function" "auth"). */}}
{{- define "invoiceapp.image" -}}
{{- $images := .root.Values.images }}
{{- with $images.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ .function }}-service
{{- with index $images.digests .function }}@{{ . }}{{ else }}:{{ $images.tag }}{{ end }}
{{- end }}

{{- define "invoiceapp.pullPolicy" -}}
{{ .Values.images.pullPolicy | default (ternary "Always" "IfNotPresent" (eq .Values.images.tag "latest")) }}
{{- end }}

{{/* The least replicas of a function: (dict "root" $ "function" "auth"). */}}
{{- define "invoiceapp.minReplicas" -}}
{{- $wanted := (index .root.Values.functions .function).minReplicas | int }}
{{- $isSpare := and .root.Values.production (ne .function "sweeper") }}
{{- ternary (max 2 $wanted) $wanted $isSpare }}
{{- end }}

{{/* The Secret of a server's URL, or nothing where settings name it: (dict "root" $ "server" "database"). */}}
{{- define "invoiceapp.serverSecret" -}}
{{- $server := index .root.Values.servers .server }}
{{- if not (get $server "url") }}{{ $server.secret }}{{ end }}
{{- end }}

{{/* The Secret of the authority that a server's certificate comes from: the same one, or the mail catcher's. */}}
{{- define "invoiceapp.authoritySecret" -}}
{{- $secret := include "invoiceapp.serverSecret" . }}
{{- if and (eq .server "mail") (include "invoiceapp.catchesMails" .root) }}{{ $secret = "mailpit" }}{{ end }}
{{- $secret }}
{{- end }}

{{/* Where the mails go nowhere. */}}
{{- define "invoiceapp.catchesMails" -}}
{{- $mail := .Values.servers.mail }}
{{- if not (or .Values.production $mail.secret $mail.url) }}true{{ end }}
{{- end }}

{{- define "invoiceapp.keysSecret" -}}
{{ .Values.keys.existingSecret | default (printf "%s-keys" .Release.Name) }}
{{- end }}

{{/* How clients reach the service. */}}
{{- define "invoiceapp.publicUrl" -}}
{{- if .Values.publicUrl }}
{{- .Values.publicUrl | trimSuffix "/" }}
{{- else if .Values.production }}
{{- printf "https://%s" .Values.ingress.host }}
{{- else }}
{{- printf "http://%s:%d" (include "invoiceapp.node" .) (int .Values.nodePort) }}
{{- end }}
{{- end }}

{{/* The address of the cluster's first node, its public one where it has one. */}}
{{- define "invoiceapp.node" -}}
{{- $address := "127.0.0.1" }}
{{- with (lookup "v1" "Node" "" "").items }}
{{- range (first .).status.addresses }}
{{- if or (eq .type "ExternalIP") (and (eq .type "InternalIP") (eq $address "127.0.0.1")) }}
{{- $address = .address }}
{{- end }}
{{- end }}
{{- end }}
{{- $address }}
{{- end }}
