// Writes JSON schemas for kubeconform into the folder it is given: one for each kind that Kedge's manifests have. They are made from the
// types of Kubernetes' own Go modules, since the schemas that kubeconform looks for are at an address that not every machine reaches.
// A field that a type does not have is an error, as with `kubectl apply --validate=strict`.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

type schema map[string]any

var kinds = []struct {
	apiVersion, kind string
	value            any
}{
	{"v1", "ConfigMap", core.ConfigMap{}},
	{"v1", "Service", core.Service{}},
	{"apps/v1", "Deployment", apps.Deployment{}},
	{"policy/v1", "PodDisruptionBudget", policy.PodDisruptionBudget{}},
	{"networking.k8s.io/v1", "NetworkPolicy", networking.NetworkPolicy{}},
	{"autoscaling/v2", "HorizontalPodAutoscaler", autoscaling.HorizontalPodAutoscaler{}},
	{"monitoring.coreos.com/v1", "ServiceMonitor", monitoring.ServiceMonitor{}},
	{"monitoring.coreos.com/v1", "PrometheusRule", monitoring.PrometheusRule{}},
	{"keda.sh/v1alpha1", "ScaledObject", scaledObject{}},
	{"serving.kserve.io/v1alpha1", "ClusterServingRuntime", clusterServingRuntime{}},
	{"serving.kserve.io/v1beta1", "InferenceService", inferenceService{}},
}

// Types whose JSON is not what their fields say.
var special = map[reflect.Type]schema{
	reflect.TypeFor[intstr.IntOrString]():   {"type": []string{"integer", "string"}},
	reflect.TypeFor[resource.Quantity]():    {"type": []string{"number", "string"}},
	reflect.TypeFor[meta.Time]():            {"type": "string"},
	reflect.TypeFor[meta.MicroTime]():       {"type": "string"},
	reflect.TypeFor[meta.Duration]():        {"type": "string"},
	reflect.TypeFor[meta.FieldsV1]():        {"type": "object"},
	reflect.TypeFor[runtime.RawExtension](): {},
}

func main() {
	for _, each := range kinds {
		definitions := schema{}
		name := define(reflect.TypeOf(each.value), definitions)
		root := definitions[name].(schema)
		properties := root["properties"].(schema)
		properties["apiVersion"] = schema{"enum": []string{each.apiVersion}}
		properties["kind"] = schema{"enum": []string{each.kind}}
		root["required"] = append(root["required"].([]string), "apiVersion", "kind", "metadata")
		text, err := json.Marshal(schema{
			"$schema":     "http://json-schema.org/draft-07/schema#",
			"allOf":       []schema{{"$ref": "#/definitions/" + name}},
			"definitions": definitions,
		})
		if err != nil {
			panic(err)
		}
		// Where kubeconform looks with {{ .ResourceKind }}_{{ .Group }}_{{ .ResourceAPIVersion }}.json: a version alone is both.
		parts := strings.Split(each.apiVersion, "/")
		file := fmt.Sprintf("%s_%s_%s.json", strings.ToLower(each.kind), parts[0], parts[len(parts)-1])
		if err := os.WriteFile(filepath.Join(os.Args[1], file), text, 0o644); err != nil {
			panic(err)
		}
	}
}

// Adds a struct to the definitions, once, and returns its name there.
func define(structure reflect.Type, definitions schema) string {
	name := strings.NewReplacer("/", ".", "[", "_", "]", "_").Replace(structure.PkgPath() + "." + structure.Name())
	if _, isThere := definitions[name]; isThere {
		return name
	}
	// There before its fields are, which may lead back to it.
	definition := schema{}
	definitions[name] = definition
	fillIn(definition, structure, definitions)
	return name
}

func fillIn(definition schema, structure reflect.Type, definitions schema) {
	properties, required := schema{}, []string{}
	addFields(structure, definitions, properties, &required)
	definition["type"], definition["additionalProperties"] = "object", false
	definition["properties"], definition["required"] = properties, required
}

func addFields(structure reflect.Type, definitions, properties schema, required *[]string) {
	for index := range structure.NumField() {
		field := structure.Field(index)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" || !field.IsExported() && !field.Anonymous {
			continue
		}
		if name == "" {
			addFields(pointedAt(field.Type), definitions, properties, required)
			continue
		}
		properties[name] = describe(field.Type, definitions)
		if !strings.Contains(options, "omit") && field.Type.Kind() != reflect.Pointer {
			*required = append(*required, name)
		}
	}
}

func pointedAt(value reflect.Type) reflect.Type {
	if value.Kind() == reflect.Pointer {
		return value.Elem()
	}
	return value
}

func describe(given reflect.Type, definitions schema) schema {
	value := pointedAt(given)
	if known, isSpecial := special[value]; isSpecial {
		return known
	}
	switch value.Kind() {
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Float32, reflect.Float64:
		return schema{"type": "number"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return schema{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return schema{"type": "integer", "minimum": 0}
	case reflect.Interface:
		return schema{}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": describe(value.Elem(), definitions)}
	case reflect.Slice:
		if value.Elem().Kind() == reflect.Uint8 {
			return schema{"type": "string"}
		}
		return schema{"type": "array", "items": describe(value.Elem(), definitions)}
	case reflect.Struct:
		if value.Name() == "" {
			definition := schema{}
			fillIn(definition, value, definitions)
			return definition
		}
		return schema{"$ref": "#/definitions/" + define(value, definitions)}
	default:
		panic("no schema for " + value.String())
	}
}
