package gemini

import "github.com/gemway/gemway/raw"

// PredictRequest is the body of :predict, which Imagen models have.
type PredictRequest struct {
	Instances  []raw.Value `json:"instances"`
	Parameters raw.Value   `json:"parameters,omitzero"`
}

// ImagePrediction is one image of Imagen, or the reason it was filtered.
type ImagePrediction struct {
	MIMEType           string     `json:"mimeType,omitempty"`
	BytesBase64Encoded raw.String `json:"bytesBase64Encoded,omitzero"`
	Prompt             raw.String `json:"prompt,omitzero"` // as rewritten by the service
	RAIFilteredReason  string     `json:"raiFilteredReason,omitempty"`
}

// PredictResponse answers :predict of an Imagen model.
type PredictResponse struct {
	Predictions []ImagePrediction `json:"predictions,omitempty"`
}
