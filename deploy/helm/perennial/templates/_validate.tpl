{{/* Refuses values that fit the schema and cannot work together, each with a sentence that says what to do. */}}
{{- define "perennial.validate" -}}
{{- $v := .Values -}}
{{- $workloads := include "perennial.workloads" . | fromYaml -}}
{{- if eq $v.vectorStore.type "lancedb" -}}
{{- range $component, $workload := $workloads -}}
{{- if and (eq $workload.service "retrieval") (or (gt (int $workload.values.replicas) 1) (ne $workload.values.autoscaling.type "none") $workload.role) -}}
{{- fail "vectorStore.type=lancedb keeps the vectors in files of one retrieval process. Set retrieval.replicas=1, retrieval.autoscaling.type=none and retrieval.worker.enabled=false, or use another type." -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (eq $v.blobStore.type "local") (ne $v.dataVolume.accessMode "ReadWriteMany") -}}
{{- range $component, $workload := $workloads -}}
{{- if and (has $workload.service (list "gateway" "chat" "retrieval")) (or (gt (int $workload.values.replicas) 1) (ne $workload.values.autoscaling.type "none")) -}}
{{- fail (printf "blobStore.type=local on a volume with %s is for one pod of each service on one node, and %s would have more. Set its replicas to 1 and its autoscaling.type to none, or use a volume with ReadWriteMany, or blobStore.type=s3." $v.dataVolume.accessMode $component) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (eq $v.vectorStore.type "qdrant") (not $v.vectorStore.qdrant.uri) -}}
{{- fail "vectorStore.type=qdrant needs vectorStore.qdrant.uri, the address of the Qdrant server, such as http://qdrant.qdrant.svc:6333." -}}
{{- end -}}
{{- if and (eq $v.vectorStore.type "chroma") (not $v.vectorStore.chroma.host) -}}
{{- fail "vectorStore.type=chroma needs vectorStore.chroma.host, the host of the Chroma server, such as chroma.chroma.svc." -}}
{{- end -}}
{{- if and (eq $v.vectorStore.type "milvus") (not $v.vectorStore.milvus.uri) -}}
{{- fail "vectorStore.type=milvus needs vectorStore.milvus.uri, the address of the Milvus server, such as http://milvus.milvus.svc:19530." -}}
{{- end -}}
{{- if and (eq $v.vectorStore.type "opensearch") (not $v.vectorStore.opensearch.uri) -}}
{{- fail "vectorStore.type=opensearch needs vectorStore.opensearch.uri, the address of the OpenSearch server, such as https://opensearch.opensearch.svc:9200." -}}
{{- end -}}
{{- if and $v.externalSecret.enabled (eq $v.migrations.run "hook") -}}
{{- fail "externalSecret.enabled makes the Secret with the release, and migrations.run=hook needs it before. Set migrations.run=job." -}}
{{- end -}}
{{- if and $v.externalSecret.enabled (or (not $v.externalSecret.storeRef.name) (not $v.externalSecret.remoteKey)) -}}
{{- fail "externalSecret.enabled needs externalSecret.storeRef.name and externalSecret.remoteKey." -}}
{{- end -}}
{{- range $component, $workload := $workloads -}}
{{- if eq $workload.values.autoscaling.type "keda" -}}
{{- if not (has $workload.service (list "chat" "retrieval")) -}}
{{- fail (printf "autoscaling.type=keda scales on the queues of chat and retrieval; %s has none. Set %s.autoscaling.type=cpu." $component $component) -}}
{{- end -}}
{{- if eq $workload.role "api" -}}
{{- fail (printf "With %s.worker.enabled the queue is the workers'. Set %s.autoscaling.type=cpu and %s.worker.autoscaling.type=keda." $workload.service $workload.service $workload.service) -}}
{{- end -}}
{{- if not $v.keda.prometheusAddress -}}
{{- fail "autoscaling.type=keda needs keda.prometheusAddress, the Prometheus that scrapes the pods." -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $v.ingress.enabled (not $v.ingress.hosts) -}}
{{- fail "ingress.enabled needs ingress.hosts, such as [chat.example.com]." -}}
{{- end -}}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) -}}
{{- fail "httpRoute.enabled needs httpRoute.parentRefs, the Gateway that it belongs to." -}}
{{- end -}}
{{- end -}}
