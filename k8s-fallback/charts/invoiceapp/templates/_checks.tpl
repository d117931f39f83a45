{{/* What production does not go without. */}}
{{- define "invoiceapp.check" -}}
{{- if .Values.production }}
{{- if not .Values.ingress.host }}
{{- fail "production needs ingress.host, the name by which clients reach the service" }}
{{- end }}
{{- $mail := .Values.servers.mail }}
{{- if not (or $mail.secret $mail.url) }}
{{- fail "production needs servers.mail.secret with the key url (smtps://…), or servers.mail.url (ses://…)" }}
{{- end }}
{{- range $function, $digest := .Values.images.digests }}
{{- if and (not $digest) (eq $.Values.images.tag "latest") }}
{{- fail (printf "production needs images.tag with a version, or images.digests.%s" $function) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
