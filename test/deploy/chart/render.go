// Renders a chart as `helm template` does: the same template engine, the same functions, the same merge of values. It checks nothing,
// neither the values nor what comes out. It prints JSON: the merged values, and the text of each file.
//
//	render CHART_DIR RELEASE NAMESPACE [VALUES_FILE...]
//
// Built from Debian's packages: GO111MODULE=off GOPATH=/usr/share/gocode go build render.go
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"github.com/ghodss/yaml"
)

type values = map[string]interface{}

// As deep as Helm lets templates include themselves.
const includeDepthMax = 1000

func main() {
	if len(os.Args) < 4 {
		exit(errors.New("expected: render CHART_DIR RELEASE NAMESPACE [VALUES_FILE...]"))
	}
	output, err := render(os.Args[1], os.Args[2], os.Args[3], os.Args[4:])
	if err != nil {
		exit(err)
	}
	os.Stdout.Write(output)
}

func exit(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func render(chartDir, release, namespace string, valuesFiles []string) ([]byte, error) {
	metadata, err := readYaml(filepath.Join(chartDir, "Chart.yaml"))
	if err != nil {
		return nil, err
	}
	merged, err := readYaml(filepath.Join(chartDir, "values.yaml"))
	if err != nil {
		return nil, err
	}
	for _, file := range valuesFiles {
		overrides, err := readYaml(file)
		if err != nil {
			return nil, err
		}
		merge(merged, overrides)
	}
	files, err := execute(chartDir, values{
		"Values":       merged,
		"Chart":        fieldsOf(metadata),
		"Release":      values{"Name": release, "Namespace": namespace, "Service": "Helm", "Revision": 1, "IsInstall": true, "IsUpgrade": false},
		"Capabilities": values{"KubeVersion": values{"Version": "v1.27.0", "Major": "1", "Minor": "27"}},
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(values{"values": merged, "files": files})
}

func readYaml(file string) (values, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	content := values{}
	if err := yaml.Unmarshal(text, &content); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return content, nil
}

// Maps are merged, null takes a key away, everything else replaces what was there.
func merge(into, from values) {
	for key, value := range from {
		old, isMap := into[key].(values)
		given, givesMap := value.(values)
		switch {
		case value == nil:
			delete(into, key)
		case isMap && givesMap:
			merge(old, given)
		default:
			into[key] = value
		}
	}
}

// Templates see the keys of Chart.yaml as fields: appVersion as .Chart.AppVersion.
func fieldsOf(metadata values) values {
	fields := values{}
	for key, value := range metadata {
		fields[strings.ToUpper(key[:1])+key[1:]] = value
	}
	return fields
}

func execute(chartDir string, data values) (map[string]string, error) {
	root := template.New("gotpl").Option("missingkey=zero")
	root.Funcs(functions(root))
	folder := filepath.Join(chartDir, "templates")
	names, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, each := range names {
		text, err := os.ReadFile(filepath.Join(folder, each.Name()))
		if err != nil {
			return nil, err
		}
		if _, err := root.New(path.Join("templates", each.Name())).Parse(string(text)); err != nil {
			return nil, err
		}
	}
	files := map[string]string{}
	for _, each := range names {
		if strings.HasPrefix(each.Name(), "_") {
			continue
		}
		name := path.Join("templates", each.Name())
		data["Template"] = values{"Name": name, "BasePath": "templates"}
		text, err := textOf(root, name, data)
		if err != nil {
			return nil, err
		}
		files[name] = text
	}
	return files, nil
}

func textOf(root *template.Template, name string, data interface{}) (string, error) {
	var text bytes.Buffer
	err := root.ExecuteTemplate(&text, name, data)
	// What a missing key leaves, although the engine is told to leave nothing.
	return strings.ReplaceAll(text.String(), "<no value>", ""), err
}

// What Helm gives to templates: sprig without the environment, and its own.
func functions(root *template.Template) template.FuncMap {
	all := sprig.TxtFuncMap()
	delete(all, "env")
	delete(all, "expandenv")
	depth := map[string]int{}
	all["include"] = func(name string, data interface{}) (string, error) {
		if depth[name]++; depth[name] > includeDepthMax {
			return "", fmt.Errorf("%s includes itself", name)
		}
		defer func() { depth[name]-- }()
		return textOf(root, name, data)
	}
	all["tpl"] = func(text string, data interface{}) (string, error) {
		clone, err := root.Clone()
		if err != nil {
			return "", err
		}
		clone.Option("missingkey=zero").Funcs(functions(clone))
		if _, err := clone.New("tpl").Parse(text); err != nil {
			return "", err
		}
		return textOf(clone, "tpl", data)
	}
	all["required"] = func(message string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return value, errors.New(message)
		}
		return value, nil
	}
	all["fail"] = func(message string) (string, error) { return "", errors.New(message) }
	// There is no cluster to look at.
	all["lookup"] = func(apiVersion, kind, namespace, name string) (values, error) { return values{}, nil }
	all["toYaml"] = func(value interface{}) string {
		text, _ := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n")
	}
	all["fromYaml"] = func(text string) values {
		content := values{}
		if err := yaml.Unmarshal([]byte(text), &content); err != nil {
			content["Error"] = err.Error()
		}
		return content
	}
	return all
}
