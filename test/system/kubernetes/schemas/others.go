// Kinds whose own modules bring whole clouds along: the fields that Kedge's manifests use, as KEDA 2 and KServe 0.15 and newer document
// them. A field that is not here is refused, so whoever adds one to a manifest has to look it up.
package main

import (
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type scaledObject struct {
	meta.TypeMeta   `json:",inline"`
	meta.ObjectMeta `json:"metadata,omitempty"`
	Spec            struct {
		ScaleTargetRef struct {
			APIVersion string `json:"apiVersion,omitempty"`
			Kind       string `json:"kind,omitempty"`
			Name       string `json:"name"`
		} `json:"scaleTargetRef"`
		PollingInterval int32 `json:"pollingInterval,omitempty"`
		CooldownPeriod  int32 `json:"cooldownPeriod,omitempty"`
		MinReplicaCount int32 `json:"minReplicaCount,omitempty"`
		MaxReplicaCount int32 `json:"maxReplicaCount,omitempty"`
		Advanced        *struct {
			Config *struct {
				Behavior *autoscaling.HorizontalPodAutoscalerBehavior `json:"behavior,omitempty"`
			} `json:"horizontalPodAutoscalerConfig,omitempty"`
		} `json:"advanced,omitempty"`
		Fallback *struct {
			FailureThreshold int32  `json:"failureThreshold"`
			Replicas         int32  `json:"replicas"`
			Behavior         string `json:"behavior,omitempty"`
		} `json:"fallback,omitempty"`
		Triggers []struct {
			Type       string            `json:"type"`
			MetricType string            `json:"metricType,omitempty"`
			Name       string            `json:"name,omitempty"`
			Metadata   map[string]string `json:"metadata,omitempty"`
		} `json:"triggers"`
	} `json:"spec"`
}

type clusterServingRuntime struct {
	meta.TypeMeta   `json:",inline"`
	meta.ObjectMeta `json:"metadata,omitempty"`
	Spec            struct {
		Annotations           map[string]string `json:"annotations,omitempty"`
		Labels                map[string]string `json:"labels,omitempty"`
		SupportedModelFormats []struct {
			Name       string `json:"name"`
			Version    string `json:"version,omitempty"`
			AutoSelect bool   `json:"autoSelect,omitempty"`
			Priority   int32  `json:"priority,omitempty"`
		} `json:"supportedModelFormats"`
		ProtocolVersions []string         `json:"protocolVersions"`
		MultiModel       bool             `json:"multiModel,omitempty"`
		Containers       []core.Container `json:"containers"`
		Volumes          []core.Volume    `json:"volumes,omitempty"`
	} `json:"spec"`
}

type inferenceService struct {
	meta.TypeMeta   `json:",inline"`
	meta.ObjectMeta `json:"metadata,omitempty"`
	Spec            struct {
		Predictor struct {
			MinReplicas                   int32 `json:"minReplicas,omitempty"`
			MaxReplicas                   int32 `json:"maxReplicas,omitempty"`
			TerminationGracePeriodSeconds int64 `json:"terminationGracePeriodSeconds,omitempty"`
			// The model's container, though without a name that has to be given.
			Model struct {
				ModelFormat struct {
					Name    string `json:"name"`
					Version string `json:"version,omitempty"`
				} `json:"modelFormat"`
				Runtime         string                    `json:"runtime,omitempty"`
				StorageURI      string                    `json:"storageUri,omitempty"`
				ProtocolVersion string                    `json:"protocolVersion,omitempty"`
				Args            []string                  `json:"args,omitempty"`
				Env             []core.EnvVar             `json:"env,omitempty"`
				Resources       core.ResourceRequirements `json:"resources,omitempty"`
			} `json:"model"`
		} `json:"predictor"`
	} `json:"spec"`
}
